/** A server that takes one message by SMTP, without TLS. @module */

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export class MailServer implements Disposable {
  readonly recipients: string[] = [];
  message = "";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}); // the client ends as it likes
      let inMessage = false;
      let rest = "";
      socket.setEncoding("utf8");
      socket.write("220 here\r\n");
      socket.on("data", (text: string) => {
        const lines = (rest + text).split("\r\n");
        rest = lines.pop()!;
        for (const line of lines) {
          if (inMessage && line !== ".") this.message += `${line}\r\n`;
          else if (inMessage) {
            inMessage = false;
            socket.write("250 taken\r\n");
          } else socket.write(this.#answer(line, () => inMessage = true));
        }
      });
    });
  }

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #answer(line: string, message: () => void): string {
    const word = line.split(" ")[0]!.toUpperCase();
    if (word === "RCPT") this.recipients.push(line.slice("RCPT TO:".length));
    if (word === "DATA") message();
    return {
      DATA: "354 go on\r\n",
      QUIT: "221 bye\r\n",
      STARTTLS: "502 no\r\n",
      EHLO: "250 here\r\n",
    }[word] ?? "250 ok\r\n";
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
