// A small responder in Bolt for JavaScript. It asks why in a modal, posts a card, and answers a click on it.
// Settings come from the environment; on standard output it says where it listens, then what went wrong, if anything.
import bolt from "@slack/bolt";

const { SLACK_API_URL, BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, MODE } = process.env;
const overSocket = MODE === "socket";
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const app = new bolt.App({
  token: BOT_TOKEN,
  signingSecret: SIGNING_SECRET,
  appToken: APP_TOKEN,
  socketMode: overSocket,
  clientOptions: { slackApiUrl: SLACK_API_URL },
  installerOptions: { clientOptions: { slackApiUrl: SLACK_API_URL } },
  logLevel: bolt.LogLevel.ERROR,
});

const plain = (text) => ({ type: "plain_text", text });

app.command("/ec2ir", async ({ command, ack, client, respond }) => {
  if (command.text === "help") return ack({ response_type: "ephemeral", text: "isolate, help" });
  if (command.text === "later") {
    await ack();
    return respond({ response_type: "in_channel", text: "answered later" });
  }
  await ack();
  await client.views.open({
    trigger_id: command.trigger_id,
    view: {
      type: "modal",
      callback_id: "why",
      private_metadata: command.channel_id,
      title: plain("Isolate"),
      submit: plain("Isolate"),
      blocks: [
        {
          type: "input",
          block_id: "reason",
          label: plain("Reason"),
          element: { type: "plain_text_input", action_id: "text" },
        },
      ],
    },
  });
});

app.view("why", async ({ ack, view, body, client }) => {
  const reason = view.state.values.reason.text.value;
  if (reason.length < 10) {
    return ack({ response_action: "errors", errors: { reason: "Say more than that." } });
  }
  await ack();
  await client.chat.postMessage({
    channel: view.private_metadata,
    text: `<@${body.user.id}> asks to isolate`,
    metadata: { event_type: "foreign_card", event_payload: { reason } },
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: `*Isolate?* ${reason}` } },
      { type: "actions", elements: [{ type: "button", action_id: "approve", text: plain("Approve"), value: "yes" }] },
    ],
  });
});

app.action("approve", async ({ ack, body, action, client, respond }) => {
  await ack();
  const { channel, message, user } = body;
  await client.chat.update({ channel: channel.id, ts: message.ts, text: "approved", blocks: [] });
  await client.chat.postMessage({ channel: channel.id, thread_ts: message.ts, text: `${action.value} by <@${user.id}>` });
  await respond({ replace_original: false, text: "Only you see this." });
});

app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({
    user_id: event.user,
    view: { type: "home", blocks: [{ type: "section", text: { type: "mrkdwn", text: "Nothing burns." } }] },
  });
});

app.error(async (error) => say({ error: error.data?.error ?? error.original?.message ?? error.message }));

const server = await app.start({ port: 0, host: "127.0.0.1" });
say({ ready: overSocket ? 0 : server.address().port });
