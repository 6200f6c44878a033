// The shortcodes that incident work uses; any other is shown as it is written.

export const EMOJI = {
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵",
  large_purple_circle: "🟣", white_circle: "⚪", black_circle: "⚫", warning: "⚠️", white_check_mark: "✅",
  heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫", lock: "🔒", unlock: "🔓",
  key: "🔑", rotating_light: "🚨", mag: "🔍", mag_right: "🔎", stopwatch: "⏱️", alarm_clock: "⏰",
  hourglass_flowing_sand: "⏳", pushpin: "📌", arrow_forward: "▶️", leftwards_arrow_with_hook: "↩️", eyes: "👀", eye: "👁️",
  bust_in_silhouette: "👤", busts_in_silhouette: "👥", raised_hand: "✋", bell: "🔔", shield: "🛡️", fire: "🔥", bug: "🐛",
  test_tube: "🧪", checkered_flag: "🏁", memo: "📝", page_facing_up: "📄", bar_chart: "📊", "+1": "👍", "-1": "👎",
  thumbsup: "👍", wave: "👋", tada: "🎉", speech_balloon: "💬", information_source: "ℹ️", question: "❓", exclamation: "❗",
};
