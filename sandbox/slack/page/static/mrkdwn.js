// Slack's mrkdwn as DOM nodes. Text only ever enters the page as text; nothing is parsed as HTML.

const PLAIN = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const EMOJI = {
  red_circle: "🔴", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", warning: "⚠️", white_check_mark: "✅", x: "❌", lock: "🔒",
  rotating_light: "🚨", mag: "🔎", stopwatch: "⏱", pushpin: "📌", arrow_forward: "▶️", eyes: "👀",
};
const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|:([a-z_]+):|(?<![\w*])\*(?=\S)([^*\n]+?)\*(?!\w)|(?<!\w)_(?=\S)([^_\n]+?)_(?!\w)|(?<!\w)~(?=\S)([^~\n]+?)~(?!\w)/g;

export function unescape(text) {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => PLAIN[entity]);
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function safeLink(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

function ago(minutes) {
  if (minutes < 1) return "just now";
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}

export function clockTime(seconds, format = "{date_short_pretty} {time}") {
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return "";
  const day = (style) => moment.toLocaleDateString(undefined, { dateStyle: style });
  const parts = {
    date_num: moment.toISOString().slice(0, 10), date: day("long"), date_pretty: day("long"), date_slash: day("short"),
    date_short: day("medium"), date_short_pretty: day("medium"), date_long: day("full"), date_long_pretty: day("full"),
    time: moment.toLocaleTimeString(undefined, { timeStyle: "short" }),
    time_secs: moment.toLocaleTimeString(undefined, { timeStyle: "medium" }),
    ago: ago(Math.max(0, Math.round((Date.now() - moment) / 60000))),
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);
}

function reference(body, names) {
  const [target, label] = body.split(/\|(.*)/s);
  const mention = (text) => element("span", { class: "mention" }, text);
  if (target.startsWith("!date^")) {
    const [, seconds, format] = target.split("^");
    return element("time", { title: label ?? "" }, clockTime(Number(seconds), format) || unescape(label ?? ""));
  }
  if (target.startsWith("!subteam^")) return mention(`@${names.groups.get(target.slice(9)) ?? label ?? target.slice(9)}`);
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`);
  if (target.startsWith("@")) return mention(`@${names.users.get(target.slice(1)) ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${names.channels.get(target.slice(1)) ?? label ?? target.slice(1)}`);
  const address = unescape(target);
  const shown = unescape(label ?? target);
  if (!safeLink(address)) return document.createTextNode(shown);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, shown);
}

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [whole, block, code, body, emoji, bold, italic, struck] = found;
    nodes.push(document.createTextNode(unescape(text.slice(end, found.index))));
    end = found.index + whole.length;
    if (block) nodes.push(element("pre", {}, unescape(block.trim())));
    else if (code) nodes.push(element("code", {}, unescape(code)));
    else if (body) nodes.push(reference(body, names));
    else if (emoji) nodes.push(document.createTextNode(EMOJI[emoji] ?? whole));
    else if (bold) nodes.push(element("strong", {}, ...inline(bold, names)));
    else if (italic) nodes.push(element("em", {}, ...inline(italic, names)));
    else nodes.push(element("s", {}, ...inline(struck, names)));
  }
  nodes.push(document.createTextNode(unescape(text.slice(end))));
  return nodes;
}

export function mrkdwn(text, names) {
  const fragment = document.createDocumentFragment();
  const parts = text.split(/\n?(```[\s\S]+?```)\n?/).filter(Boolean);
  for (const part of parts) {
    if (part.startsWith("```")) {
      fragment.append(...inline(part, names));
      continue;
    }
    part.split("\n").forEach((line, index) => {
      if (index && fragment.lastChild?.nodeName !== "BLOCKQUOTE") fragment.append(element("br"));
      if (line.startsWith("&gt;") || line.startsWith("> ")) {
        fragment.append(element("blockquote", {}, ...inline(line.replace(/^(&gt;|>)\s?/, ""), names)));
      } else fragment.append(...inline(line, names));
    });
  }
  return fragment;
}

export function textObject(object, names) {
  if (!object) return document.createTextNode("");
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : document.createTextNode(object.text);
}
