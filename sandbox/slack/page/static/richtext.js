// Rich text blocks as DOM nodes: sections, lists, quotes and preformatted text.

import { element, link, safeLink } from "./dom.js";
import { EMOJI } from "./emoji.js";

const PARTS = {
  rich_text_section: (part, names) => element("p", {}, ...inside(part, names)),
  rich_text_preformatted: (part, names) => element("pre", {}, ...inside(part, names)),
  rich_text_quote: (part, names) => element("blockquote", {}, ...inside(part, names)),
  rich_text_list: (part, names) => element(
    part.style === "ordered" ? "ol" : "ul", {}, ...part.elements.map((each) => element("li", {}, ...inside(each, names)))),
};

export function richText(block, names) {
  return (block.elements ?? []).map((part) => PARTS[part.type]?.(part, names) ?? element("p", {}, ...inside(part, names)));
}

function inside(part, names) {
  return (part.elements ?? []).map((each) => styled(leaf(each, names), each.style));
}

function leaf(each, names) {
  const mention = (text) => element("span", { class: "mention" }, text);
  switch (each.type) {
    case "link": return safeLink(each.url) ? link(each.url, each.text ?? each.url) : document.createTextNode(each.text ?? each.url);
    case "user": return mention(`@${names.users.get(each.user_id) ?? each.user_id}`);
    case "usergroup": return mention(`@${names.groups.get(each.usergroup_id)?.handle ?? each.usergroup_id}`);
    case "channel": return mention(`#${names.channels.get(each.channel_id) ?? each.channel_id}`);
    case "emoji": return document.createTextNode(EMOJI[each.name] ?? `:${each.name}:`);
    default: return document.createTextNode(each.text ?? "");
  }
}

function styled(node, style = {}) {
  const wraps = { bold: "strong", italic: "em", strike: "s", code: "code" };
  return Object.entries(wraps).reduce((made, [name, tag]) => (style[name] ? element(tag, {}, made) : made), node);
}
