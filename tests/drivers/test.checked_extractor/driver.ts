import {
  type Checked,
  type Context,
  defineDriver,
  type Discovered,
  DriverError,
  emit,
  ServerFailure,
  serverFailure,
} from "osiris/driver";

const ORDERS = { id: "BIGINT", email: "VARCHAR", note: "VARCHAR", amount: "DECIMAL(18,2)" };
const ITEMS = { order_id: "BIGINT", nr: "INTEGER" };

/** What it does when it is asked, by what its connection says. */
const DOES: { readonly [does: string]: (context: Context) => Promise<Checked> | Checked } = {
  works: reached,
  lies: () => ({ ok: true }),
  refused: ({ connection }) => ({
    ok: false,
    category: "auth",
    help: `check the password '${connection!["password"]}'`,
  }),
  mute: () => ({ ok: false }),
  throws: ({ connection }) => {
    throw new DriverError(`the server does not take '${connection!["password"]}'`, {
      category: "connection",
    });
  },
  fails: ({ connection }) => {
    throw new ServerFailure("Cannot ask the server", "permission", `not with '${connection!["password"]}'`, {
      help: "ask who runs it",
    });
  },
  cut: () => {
    throw serverFailure("Cannot ask the server", new Error("Connection reset by peer (os error 104)"));
  },
  silent: () => new Promise(() => {}),
  stuck: () => {
    while (true);
  },
  odd: () => ({ ok: "yes" }) as never,
};

async function reached({ connection, signal }: Context): Promise<Checked> {
  try {
    const answer = await fetch(`http://${connection!["host"]}:${connection!["port"]}/`, { signal });
    await answer.body?.cancel();
    return { ok: true };
  } catch {
    return { ok: false, category: "network", help: "check host and port" };
  }
}

export default defineDriver({
  check: (context) => DOES[String(context.connection!["does"])]!(context),

  async discover(context, { scope, samples }) {
    const { password, does } = context.connection!;
    if (does !== "works") await DOES[String(does)]!(context);
    const tables: Discovered[] = [
      {
        name: "shop.orders",
        columns: ORDERS,
        keys: ["id"],
        rows: 1234567,
        samples: [
          { id: 1, email: "ann@example.com", note: `paid with 4111 1111 1111 1111`, amount: "12.50" },
          { id: 2, email: null, note: `call bob@example.com, ${password}`, amount: "0.10" },
          { id: 3, email: "", note: "", amount: null },
        ].slice(0, samples + 1),
      },
      { name: "shop.items", columns: ITEMS, keys: ["order_id", "nr"], samples: [] },
      { name: "shop.bare", columns: {}, rows: 0 },
    ];
    return tables.filter(({ name }) => scope === null || name === scope || name === `shop.${scope}`);
  },

  read: () => emit(ITEMS, [[{ order_id: 1, nr: 1 }]]),
});
