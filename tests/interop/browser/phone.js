// A web page's phone without the page: SIP.js, on Node with the WebSocket of `ws`.
//
//     node phone.js WSS_URL DOMAIN USER PASSWORD [PRESENTITY]
//
// It registers, watches the presentity if one is named, and publishes what it reads: `open` or
// `closed` a line. What happens to it is a line of what it writes. The end of its input ends it.
import { createInterface } from "node:readline";

import { Publisher, Registerer, RegistererState, Subscriber, UserAgent } from "sip.js";
import WebSocket from "ws";

globalThis.WebSocket = WebSocket;

const [server, domain, user, password, presentity] = process.argv.slice(2);
const say = (...words) => process.stdout.write(`${words.join(" ")}\n`);
const uri = UserAgent.makeURI(`sip:${user}@${domain}`);

const agent = new UserAgent({
  uri,
  authorizationUsername: user,
  authorizationPassword: password,
  transportOptions: { server },
  // It speaks with nobody here: there is no media on Node.
  sessionDescriptionHandlerFactory: () => { throw new Error("no calls"); },
  logBuiltinEnabled: false,
});

const body = (basic) =>
  `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:${user}@${domain}">` +
  `<tuple id="page"><status><basic>${basic}</basic></status></tuple></presence>`;

const registerer = new Registerer(agent);
registerer.stateChange.addListener((state) => say("registration", state));

let publisher;
const publish = (basic) => {
  publisher ??= new Publisher(agent, uri, "presence", {
    body: body(basic),
    contentType: "application/pidf+xml",
    expires: 600,
  });
  publisher.publish(body(basic));
};

const watch = () => {
  const subscriber = new Subscriber(agent, UserAgent.makeURI(`sip:${presentity}@${domain}`), "presence", {
    expires: 600,
    extraHeaders: ["Accept: application/pidf+xml"],
  });
  subscriber.delegate = {
    onNotify: (notification) => {
      notification.accept();
      const state = notification.request.getHeader("Subscription-State").split(";")[0];
      const basics = [...notification.request.body.matchAll(/<basic>(\w+)<\/basic>/g)];
      say("notified", state, basics.map((found) => found[1]).join(",") || "nothing");
    },
  };
  subscriber.stateChange.addListener((state) => say("subscription", state));
  subscriber.subscribe();
  return subscriber;
};

const lines = createInterface({ input: process.stdin });
await agent.start();
say("connected");
await registerer.register();
await new Promise((resolve) => {
  registerer.stateChange.addListener((state) => state === RegistererState.Registered && resolve());
});
const subscriber = presentity ? watch() : undefined;

lines.on("line", publish);
lines.on("close", async () => {
  await subscriber?.unsubscribe();
  await registerer.unregister();
  setTimeout(() => agent.stop().then(() => process.exit(0)), 500);
});
