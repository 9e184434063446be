// Numbers for people. Figures keep their width, so that nothing jumps.

const whole = new Intl.NumberFormat('en');

/** 1400000 -> "1.4 MB" */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  const units = ['kB', 'MB', 'GB'];
  let unit = 0;
  n /= 1000;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${n >= 100 || unit === 0 ? Math.round(n) : n.toFixed(n >= 10 ? 1 : 2)} ${units[unit]}`;
}

/** 3145728 -> "3,145,728" */
export const exact = (n) => whole.format(n);

/** 95 -> "1 min 35 s" */
export function seconds(n) {
  n = Math.max(1, Math.round(n));
  if (n < 60) return `${n} s`;
  if (n < 3600) return `${Math.floor(n / 60)} min ${n % 60} s`;
  return `${Math.floor(n / 3600)} h ${Math.floor((n % 3600) / 60)} min`;
}

/** A Date -> "14:03:07" */
export const clock = (date) => date.toLocaleTimeString('en-GB');
