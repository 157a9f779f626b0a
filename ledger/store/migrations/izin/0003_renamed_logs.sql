-- A log that goes on after a restored backup gets another name.
GRANT UPDATE (log_origin) ON providers TO izin_app;
