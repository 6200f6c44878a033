// Times in the reader's zone, by the sandbox's clock, which people put forward.

let ahead = 0; // milliseconds

export function setAhead(seconds) {
  ahead = seconds * 1000;
  refreshAges();
}

export const now = () => new Date(Date.now() + ahead);

function ago(moment) {
  const minutes = Math.max(0, Math.round((now() - moment) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}

function pretty(moment, style) {
  const days = Math.round((new Date(now()).setHours(0, 0, 0, 0) - new Date(moment).setHours(0, 0, 0, 0)) / 86_400_000);
  return { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days] ?? moment.toLocaleDateString(undefined, { dateStyle: style });
}

export function dayOf(seconds) {
  const words = pretty(new Date(seconds * 1000), "full");
  return words[0].toUpperCase() + words.slice(1);
}

export function clockTime(seconds, format = "{time}") {
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return "";
  const day = (style) => moment.toLocaleDateString(undefined, { dateStyle: style });
  const time = (style) => moment.toLocaleTimeString(undefined, { timeStyle: style, hourCycle: "h23" });
  const parts = {
    date_num: moment.toISOString().slice(0, 10), date: day("long"), date_pretty: pretty(moment, "long"),
    date_slash: day("short"), date_short: day("medium"), date_short_pretty: pretty(moment, "medium"),
    date_long: day("full"), date_long_pretty: pretty(moment, "full"), time: time("short"), time_secs: time("medium"),
    ago: ago(moment),
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);
}

// An age that stands in the page grows while one reads.
export function refreshAges() {
  for (const node of document.querySelectorAll("time[data-format]")) {
    node.textContent = clockTime(Number(node.dataset.seconds), node.dataset.format);
  }
}
