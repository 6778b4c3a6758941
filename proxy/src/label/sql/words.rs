//! The words of SQL that labels know: keywords, which they write in capitals, and functions that touch no table.

const KEYWORDS: &str = "ABORT ALL AND ANY ARRAY AS ASC BEGIN BETWEEN BY CASE CAST CLOSE COMMIT COMMITTED CONFLICT COPY CREATE CROSS CURSOR \
    DEALLOCATE DECLARE DEFAULT DELETE DESC DISCARD DISTINCT DO ELSE END EXCEPT EXECUTE EXISTS EXPLAIN FALSE FETCH FOR FROM FULL GROUP HAVING ILIKE IN \
    INNER INSERT INTERSECT INTERVAL INTO IS ISOLATION JOIN LATERAL LEFT LEVEL LIKE LIMIT LISTEN LOCK LOCKED MERGE MOVE NOT NOTHING NOTIFY NOWAIT \
    NULL OF OFFSET ON ONLY OR ORDER OUTER OVER PARTITION PREPARE READ RECURSIVE RELEASE RESET RETURNING RIGHT ROLLBACK ROW SAVEPOINT SELECT \
    SERIALIZABLE SESSION SET SHARE SHOW SKIP SOME START TABLE THEN TO TRANSACTION TRUE TRUNCATE UNION UNLISTEN UPDATE USING VALUES WHEN \
    WHERE WITH WORK";

/// A function that is not among these may do anything.
const PURE: &str = "abs age array_agg array_length avg bool_and bool_or ceil ceiling char_length clock_timestamp coalesce concat count current_database \
    current_schema current_setting currval date_part date_trunc decode digest div encode every exp extract floor format gen_random_uuid generate_series \
    greatest hashtext json_agg json_array_elements json_build_object jsonb_agg jsonb_array_elements jsonb_build_object jsonb_each jsonb_set lag \
    lastval lead least left length lower ltrim max md5 min mod now nullif pg_backend_pid pg_is_in_recovery pg_sleep pg_typeof position power random \
    rank replace right round row_number row_to_json rtrim sha256 sign split_part statement_timestamp strpos string_agg substr substring sum \
    timezone to_char to_date to_json to_jsonb to_number to_timestamp transaction_timestamp trim trunc txid_current unnest upper \
    uuid_generate_v4 version";

/// The keyword that `word` spells.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.split_whitespace().find(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Whether the function `name` touches no table and takes no lock.
pub(super) fn pure(name: &str) -> bool {
    PURE.split_whitespace().any(|known| known == name)
}
