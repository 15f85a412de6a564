// Asks for one forecast with the types of the OpenAPI document, and prints it. Run: node forecast.js URL TOKEN
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

const [baseUrl, token] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const { data, error } = await client.POST("/api/v1/predict", {
  body: { post: { text: "Sunset at the pier #sunset", duration_s: 25 }, explain: true },
  params: { header: { "Idempotency-Key": "from-typescript" } },
});
if (error) {
  throw new Error(`${error.status} ${error.detail}`);
}
const [low, high]: number[] = data.prediction.interval;
const misspelt: components["schemas"]["DraftRequest"] = {
  text: "Sunset",
  // @ts-expect-error a misspelt member does not compile, and is refused by the service too
  scheduled_time: "2026-12-01T18:00:00Z",
};
const wrong = await client.POST("/api/v1/predict", { body: { post: misspelt } });
console.log(JSON.stringify({ id: data.prediction_id, low, high, refused: wrong.error?.errors?.[0]?.field }));
