import { writeFileSync } from "node:fs";

/**
 * Writes input/demo.csv: three hundred devices as a line would list them, and seven rows with the
 * mistakes that people make. The same every time.
 */
const HEADER = ["id", "name", "type", "path", "iccid", "shell", "serial_number", "hw_rev", "external-c8y_Imei"];
const MODELS = [
  { type: "acme_TH20", name: "Climate sensor TH20", hall: "Hall 1/Climate", revision: "C2", mobile: false },
  { type: "acme_VB10", name: "Vibration sensor VB10", hall: "Hall 2/Drives", revision: "B7", mobile: false },
  { type: "acme_GW5", name: "Gateway GW5", hall: "Gateways", revision: "A4", mobile: true },
] as const;

const rows = Array.from({ length: 300 }, (_, index) => {
  const number = index + 1;
  const model = number % 25 === 0 ? MODELS[2] : number % 3 === 0 ? MODELS[1] : MODELS[0];
  const serial = `${model.type.slice(5)}${(26_470_000 + number).toString()}`;
  return [
    `ACM-${serial}`,
    `${model.name} ${String(number).padStart(3, "0")}`,
    model.type,
    `Plant Köln/${model.hall}`,
    model.mobile ? `894922100000${String(7_000_000 + number * 37)}` : "",
    model.mobile ? "1" : "",
    serial,
    model.revision,
    model.mobile ? `3536170${String(10_000_000 + number * 613)}` : "",
  ];
});

const MISTAKES: readonly { readonly after: number; readonly change: (row: string[]) => string[] }[] = [
  { after: 41, change: (row) => [`${row[0]} `, ...row.slice(1)] },
  { after: 78, change: (row) => ["", ...row.slice(1)] },
  { after: 120, change: (row) => row },
  { after: 171, change: (row) => [String(row[0]).toLowerCase(), ...row.slice(1)] },
  { after: 203, change: (row) => ["ACM/TH20/26470204", ...row.slice(1)] },
  { after: 240, change: (row) => ["ACM-TH20X26470241", `${row[1]}; spare`, ...row.slice(2)] },
  { after: 288, change: (row) => [`ACM-${"TH20".repeat(16)}`, ...row.slice(1)] },
];

const lines = rows.flatMap((row, index) => {
  const mistake = MISTAKES.find(({ after }) => after === index + 1);
  return mistake === undefined ? [row] : [row, mistake.change(row)];
});
writeFileSync(
  new URL("../input/demo.csv", import.meta.url),
  [HEADER, ...lines].map((row) => `${row.join(",")}\n`).join(""),
);
