// A certified OpenID Connect server for the tests, on loopback: `node issuer.js <port> <address of the app>`.
// People sign in by their name alone. PUT /people/<name> says what is claimed of them, DELETE /people/<name> deactivates
// them, which ends their sessions everywhere.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [port, app] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = new Map();
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "convoscope",
      client_secret: "a secret of the tests",
      redirect_uris: [`${app}/accounts/oidc/oidc/login/callback/`],
      backchannel_logout_uri: `${app}/accounts/oidc/oidc/backchannel/`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  cookies: { keys: ["a key of the tests"] },
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = page("Sign out?", `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = page("Signed out", "");
      },
    },
  },
  // The app is on loopback, which its own dispatcher doesn't reach; and machines that run tests are slow.
  fetch: (url, { dispatcher, signal, ...options }) => fetch(url, options),
  findAccount: (ctx, sub) =>
    people.has(sub) ? { accountId: sub, claims: () => ({ sub, ...people.get(sub) }) } : undefined,
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "one" }] },
  // Nobody is asked whether the app may know them.
  loadExistingGrant: async (ctx) => {
    const { client, session } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile groups");
    await grant.save();
    return grant;
  },
  scopes: ["openid", "email", "profile", "groups"],
});

function page(title, content) {
  const head = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">`;
  return `${head}<main><h1>${title}</h1>${content}</main></html>`;
}

function form(words) {
  return page(
    "The Works",
    `<p>${words}</p><form method="post"><label>Name <input name="name" autofocus></label><button>Sign in</button></form>`,
  );
}

async function body(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function setPerson(request, response, name) {
  if (request.method === "PUT") {
    people.set(name, JSON.parse(await body(request)));
  } else {
    people.delete(name);
    const client = await provider.Client.find("convoscope");
    // All sessions of the person: the token names none.
    client.backchannelLogoutSessionRequired = false;
    await client.backchannelLogout(name);
    client.backchannelLogoutSessionRequired = true;
  }
  response.writeHead(204).end();
}

async function interact(request, response) {
  let words = "Who are you?";
  if (request.method === "POST") {
    const name = new URLSearchParams(await body(request)).get("name");
    if (people.has(name)) {
      await provider.interactionFinished(request, response, { login: { accountId: name } });
      return;
    }
    words = "There is no such account, or it is deactivated.";
  }
  response.writeHead(200, { "content-type": "text/html" }).end(form(words));
}

const answer = provider.callback();
createServer(async (request, response) => {
  const [, first, second] = request.url.split("/");
  if (first === "people") await setPerson(request, response, second);
  else if (first === "interaction") await interact(request, response);
  else answer(request, response);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
