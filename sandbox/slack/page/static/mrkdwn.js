// Slack's mrkdwn as DOM nodes.

import { element, link, safeLink } from "./dom.js";
import { clockTime } from "./dates.js";
import { EMOJI } from "./emoji.js";

const PLAIN = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+):|(?<![\w*])\*(?=\S)([^*\n]+?)\*(?!\w)|(?<!\w)_(?=\S)([^_\n]+?)_(?!\w)|(?<!\w)~(?=\S)([^~\n]+?)~(?!\w)/g;

export function unescape(text) {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => PLAIN[entity]);
}

// What people type, as Slack's own client sends it: escaped, and addresses made links.
export function typed(text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return escaped.replace(/https?:\/\/(?:(?!&[lg]t;)[^\s|])+/g, (address) => `<${address}>`);
}

function date(target, label) {
  const [, seconds, format, address] = target.split("^");
  const shown = clockTime(Number(seconds), format) || unescape(label ?? "");
  const growing = format?.includes("{ago}") ? { "data-seconds": seconds, "data-format": format } : {};
  const made = element("time", { title: label ? unescape(label) : undefined, ...growing }, shown);
  return address && safeLink(address) ? link(address, made) : made;
}

function reference(body, names) {
  const [target, label] = body.split(/\|(.*)/s);
  const mention = (text, mine = false) => element("span", { class: mine ? "mention mine" : "mention" }, text);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) {
    const group = names.groups.get(target.slice(9));
    return mention(`@${group?.handle ?? label?.replace(/^@/, "") ?? target.slice(9)}`, group?.mine);
  }
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`, true);
  if (target.startsWith("@")) return mention(`@${names.users.get(target.slice(1)) ?? target.slice(1)}`, target.slice(1) === names.me);
  if (target.startsWith("#")) {
    const name = names.channels.get(target.slice(1));
    if (!name) return mention(label ? `#${label}` : "🔒 private channel");
    return element("button", { type: "button", class: "mention", onclick: () => names.go(target.slice(1)) }, `#${name}`);
  }
  const address = unescape(target);
  const shown = unescape(label ?? target);
  return safeLink(address) ? link(address, shown) : document.createTextNode(shown);
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
  for (const part of text.split(/\n?(```[\s\S]+?```)\n?/).filter(Boolean)) {
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
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  const shown = object.emoji === false ? object.text : object.text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);
  return document.createTextNode(shown);
}
