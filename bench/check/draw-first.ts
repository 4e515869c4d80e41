/** Preload of a command whose draws shall be the first BENCH_REAL of BENCH_DEVICES, one after the other, none twice. */
const [real, devices] = [Number(process.env["BENCH_REAL"]), Number(process.env["BENCH_DEVICES"])];
let draws = 0;
Math.random = () => ((draws++ % real) + 0.5) / devices;
