-- Texts are ordered and compared by their bytes, as SQLite does, whatever the database's language:
-- lists, cursors and row comparisons are the same on both. Runs after every migration, so that no
-- new column can be forgotten; what has the order already is left alone.

DO $$
DECLARE
  changes RECORD;
BEGIN
  -- Nodes that start together take turns.
  PERFORM pg_advisory_xact_lock(hashtext('mandate.order_of_texts'));
  FOR changes IN
    SELECT c.oid::regclass AS changed_table,
      string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', a.attname), ', ') AS actions
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
      AND c.relname <> 'flyway_schema_history'
      AND a.atttypid = 'text'::regtype AND a.attcollation <> '"C"'::regcollation
    GROUP BY c.oid
  LOOP
    EXECUTE format('ALTER TABLE %s %s', changes.changed_table, changes.actions);
  END LOOP;
END
$$;
