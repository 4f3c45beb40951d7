/** A place that a driver in a process writes to, and what the host does there before and after it. @module */

import { open } from "node:fs/promises";
import type { Driver, DriverWrite } from "../driver.ts";

/** Where a driver writes, as the host looks after it. */
export interface Place {
  /** Follows the driver's own commit, when the driver is gone. */
  commit(mode: string | undefined): Promise<void>;
  /** Leaves nothing there that nobody needs; the driver is gone. */
  end(): Promise<void>;
}

/** Opens a driver whose writes the host looks after. */
export async function openAt(place: Place, openDriver: () => Promise<Driver>): Promise<Driver> {
  try {
    return new AtPlace(await openDriver(), place);
  } catch (error) {
    await place.end();
    throw error;
  }
}

/** A driver with the place that it writes to. */
class AtPlace implements Driver {
  readonly #driver: Driver;
  readonly #place: Place;

  constructor(driver: Driver, place: Place) {
    this.#driver = driver;
    this.#place = place;
  }

  check: Driver["check"] = () => this.#driver.check();
  discover: Driver["discover"] = (request) => this.#driver.discover(request);
  read: Driver["read"] = (request) => this.#driver.read(request);
  transform: Driver["transform"] = (inputs) => this.#driver.transform(inputs);
  target: Driver["target"] = (schema) => this.#driver.target(schema);
  loaded: Driver["loaded"] = (loadId) => this.#driver.loaded(loadId);

  write: Driver["write"] = async (schema, options): Promise<DriverWrite> => {
    const answer = await this.#driver.write(schema, options);
    if (answer.kind === "relation") return answer;
    return {
      ...answer,
      commit: async () => {
        await answer.commit();
        await this.#driver[Symbol.asyncDispose](); // what is looked at next changes no more
        await this.#place.commit(options.mode);
      },
    };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver[Symbol.asyncDispose]();
    await this.#place.end();
  }
}

/** Waits until a file, or what a folder lists, is on the disk. */
export async function syncToDisk(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
