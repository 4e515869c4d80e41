/** What a sample says of the lot that it was drawn from. */
export interface SampleBound {
  /** Devices drawn, each with the same chance, none twice. */
  readonly sampled: number;
  /** Devices that they were drawn from. */
  readonly population: number;
  /** Devices of the sample in which something differs. */
  readonly faulty: number;
  readonly confidence: number;
  /** With this confidence fewer devices than this have a difference, those of the sample included. */
  readonly fewerThan: number;
}

const CONFIDENCE = 0.99;
/** What is as good as equal to 1 % is not more: logarithms of a million factors are right to nine digits. */
const CHANCE = 0.01 * (1 + 1e-8);

/**
 * The exact upper limit for a finite population (hypergeometric): one more than the greatest number D of devices with
 * a difference for which a sample with as few of them as this one, or fewer, has a chance of more than 1 %.
 */
export function boundSample(drawn: Pick<SampleBound, "sampled" | "population" | "faulty">): SampleBound {
  const { sampled, population, faulty } = drawn;
  // The chance falls as D grows: `possible` is a number with enough of it, `impossible` one without.
  let possible = faulty;
  let impossible = population - (sampled - faulty) + 1;
  while (impossible - possible > 1) {
    const middle = Math.floor((possible + impossible) / 2);
    if (chanceOfAtMost(faulty, { ...drawn, differing: middle }) > CHANCE) possible = middle;
    else impossible = middle;
  }
  return { ...drawn, confidence: CONFIDENCE, fewerThan: impossible };
}

/** Sum over i of C(D, i) * C(N - D, n - i) / C(N, n), by logarithms. */
function chanceOfAtMost(
  most: number,
  {
    sampled,
    population,
    differing,
  }: { readonly sampled: number; readonly population: number; readonly differing: number },
): number {
  let chance = 0;
  for (let found = Math.max(0, sampled - (population - differing)); found <= Math.min(most, differing); found++) {
    const ways = logChoose(differing, found) + logChoose(population - differing, sampled - found);
    chance += Math.exp(ways - logChoose(population, sampled));
  }
  return chance;
}

function logChoose(of: number, taken: number): number {
  return logFactorial(of) - logFactorial(taken) - logFactorial(of - taken);
}

/** Stirling's series, whose error from 20 on is below what a number can hold. */
function logFactorial(of: number): number {
  let small = 0;
  if (of < 20) {
    for (let factor = 2; factor <= of; factor++) small += Math.log(factor);
    return small;
  }
  const series = 1 / (12 * of) - 1 / (360 * of ** 3) + 1 / (1260 * of ** 5) - 1 / (1680 * of ** 7);
  return (of + 0.5) * Math.log(of) - of + 0.5 * Math.log(2 * Math.PI) + series;
}
