/** Where the binary has the module of the warden, under the assets. */
export const WARDEN_FILE = "drivers/warden.js";
