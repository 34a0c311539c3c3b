-- Moves the checkpoint to its next position, once no transaction can still write below it, and
-- chooses the position after that. Returns how many journal rows it passed. Any process may call it
-- at any time.
create function ledger.advance_checkpoint(rows_at_most bigint, not_before interval) returns bigint
language plpgsql as $$
declare
  mark ledger.checkpoint;
begin
  select * into mark from ledger.checkpoint for update;
  if mark.marked_at > clock_timestamp() - not_before
    or mark.next_xmax > pg_snapshot_xmin(pg_current_snapshot()) then
    return 0;
  end if;
  insert into ledger.checkpoint_balance as kept (account_id, asset, available, held)
  select * from ledger.fold(mark.until_journal, mark.next_journal)
  on conflict (account_id, asset) do update
  set available = kept.available + excluded.available, held = kept.held + excluded.held;
  update ledger.checkpoint
  set until_journal = mark.next_journal,
    next_journal = least(
      mark.next_journal + rows_at_most,
      coalesce((select max(journal_id) from ledger.journal), 0)),
    next_xmax = pg_snapshot_xmax(pg_current_snapshot()),
    marked_at = clock_timestamp();
  return mark.next_journal - mark.until_journal;
end
$$;
