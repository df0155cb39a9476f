"""The schedules of function.json: reading NCRONTAB, and writing it as crontab lines."""
