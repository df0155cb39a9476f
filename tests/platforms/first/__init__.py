"""A platform in SQLAlchemy and Alembic: enums in capitals, the pets of an appointment in an array, users with roles."""
