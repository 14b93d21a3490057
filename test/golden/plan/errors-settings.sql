SET 'table.exec.source.idle-timeout' = 'soon';
SET 'distict.mode' = 'exact';
SET 'table.local-time-zone' = 'Europe/Berlin';
RESET 'nonsense';
