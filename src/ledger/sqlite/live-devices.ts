/**
 * Joins the devices that live under the ids `asked.value`, as `own`. CROSS JOIN: SQLite keeps the order, so that each
 * id is one look-up. The device that an UPDATE changes is found by `devices.id = own.id`; its other conditions are
 * written with a `+`, which keeps SQLite from going through all devices of a stage for each id.
 */
export const LIVE = "CROSS JOIN devices AS own ON own.external_id = asked.value AND own.live = 1";
