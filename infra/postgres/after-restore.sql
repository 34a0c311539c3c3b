-- Run once by the owner after a logical dump was restored into another server, outside a transaction.
--
-- Rows of the audit, the ledger's checkpoint and the activities carry the number of the transaction that
-- wrote them, and readers ask which numbers are over. A new server counts from the beginning, so its
-- numbers would mean transactions of the old one. Each round uses up one number.
do $$
declare
  wanted constant bigint := (
    select greatest(
      (select coalesce(max(xact), 0) from trading.audit),
      (select coalesce(max(until_xact), 0) from trading.audit_block),
      (select coalesce(max(next_xmax::text::bigint), 0) from ledger.checkpoint),
      (select coalesce(max(transaction_id::text::bigint), 0) from trading.activity_outbox)));
begin
  while pg_current_xact_id()::text::bigint <= wanted loop
    commit;
  end loop;
end
$$;
