/** Sends an event by SMTP. @module */

import { type ConnectionNeed, resolveConnection } from "../connection/mod.ts";
import { demandText, demandTexts, textIn } from "./_config.ts";
import { type Config, failed, type HookSurroundings, type Opened, unusable } from "./_opened.ts";
import { filled, sentenceOf } from "./_words.ts";

/** The connections of family smtp. Unless `tls` says otherwise, the server must offer STARTTLS. */
const CONNECTION: ConnectionNeed = {
  family: "smtp",
  required: ["host", "from"],
  fields: {
    host: { type: "string" },
    port: { type: "integer" },
    from: { type: "string" },
    user: { type: "string" },
    password: { type: "string", secret: true },
    tls: { type: "string", enum: ["starttls", "implicit", "none"], default: "starttls" },
  },
};

/** Such a connection's values. */
type Server = {
  readonly host: string;
  readonly port?: number;
  readonly from: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls: "starttls" | "implicit" | "none";
};

export function openEmail(config: Config, { connections, env }: HookSurroundings): Opened {
  const ref = demandText(config, "connection");
  const { values, secrets } = resolveConnection(connections, env, { ref, inline: {}, spec: CONNECTION });
  const server = values as Server;
  const { host, from, user, password, tls } = server;
  const port = server.port ?? (tls === "implicit" ? 465 : 587);
  const to = demandTexts(config, "to");
  const subject = textIn(config, "subject") ?? "{pipeline}: {event}";
  if (tls === "none" && password !== undefined) {
    throw unusable(
      `'tls' of ${ref} is none, and there is a password`,
      "write 'tls: starttls' or 'tls: implicit'",
    );
  }
  return {
    touches: { hosts: [`${host}:${port}`] },
    secrets,
    async act(told) {
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({
        host,
        port,
        secure: tls === "implicit",
        requireTLS: tls === "starttls",
        ignoreTLS: tls === "none",
        ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const stop = () => transport.close();
      told.signal.addEventListener("abort", stop, { once: true });
      try {
        const text = `${sentenceOf(told)}\n\n${told.event.timestamp} ${told.run.session_id}\n`;
        await transport.sendMail({ from, to, subject: filled(subject, told).replace(/\s+/g, " "), text });
      } catch (error) {
        const { responseCode } = error as { responseCode?: number };
        const why = responseCode === undefined
          ? "it cannot be reached, or not as 'tls' says"
          : `it answers ${responseCode}`;
        throw failed(`Cannot send mail through ${host}:${port}: ${why}`, `see the connection ${ref}`, true);
      } finally {
        told.signal.removeEventListener("abort", stop);
        transport.close();
      }
    },
  };
}
