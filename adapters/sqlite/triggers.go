package sqlite

const brokenTriggers = `SELECT wanted.column1, wanted.column2, 'is missing'
FROM (VALUES
  ('events', 'events_refuse_update'), ('events', 'events_refuse_delete'), ('events', 'events_refuse_replace'),
  ('access_log', 'access_log_refuse_update'), ('access_log', 'access_log_refuse_delete'),
  ('access_log', 'access_log_refuse_replace'), ('access_log', 'access_log_refuse_hole'),
  ('log_cuts', 'log_cuts_refuse_update'), ('log_cuts', 'log_cuts_refuse_delete')) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema AS s
  WHERE s.type = 'trigger' AND s.tbl_name = wanted.column1 AND s.name = wanted.column2)`
