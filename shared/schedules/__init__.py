"""The schedules of function.json: NCRONTAB, and the same as crontab lines."""
