// What things are called: functions as their authors call them, all else by the end of its ARN.

import { get } from "./api.js";
import { short } from "./format.js";

/** Give what names a resource by its ARN. */
export async function naming() {
  const { handlers = [] } = await get("session");
  const own = new Map(handlers.map((one) => [one.deployed_name, one.name]));
  return (arn) => own.get(short(arn)) ?? short(arn);
}
