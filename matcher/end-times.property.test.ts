import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EndTimes } from "./end-times.ts";

test("orders are returned in the order of their end times, whatever order they were added in", () => {
  const step = fc.record({ endsAt: fc.nat(50), passed: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ends = new EndTimes();
      let expected: { endsAt: number; order: number }[] = [];
      let now = 0;
      for (const [order, { endsAt, passed }] of steps.entries()) {
        now += passed;
        ends.add(order, endsAt + now);
        expected.push({ endsAt: endsAt + now, order });
        const due = expected
          .filter((end) => end.endsAt <= now)
          .sort((left, right) => left.endsAt - right.endsAt || left.order - right.order);
        expected = expected.filter((end) => end.endsAt > now);
        assert.deepEqual(
          ends.takeDue(now),
          due.map(({ order }) => order),
        );
      }
    }),
  );
});
