import { ApiError, problemOf } from "./problem";
import { noteServerDate } from "./servertime";

export const BASE = "/api/v1";

export type Query = Record<string, string | number | boolean | undefined | null | string[]>;

export interface RequestOptions {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, with its content type. */
  raw?: { type: string; text: string };
  headers?: Record<string, string>;
  ifMatch?: string;
  /** A status that is no success, and has the answer all the same. */
  alsoAnswers?: number;
  signal?: AbortSignal;
}

export interface Answer<T> {
  data: T;
  etag: string;
  status: number;
}

/** Called where any request is answered with 401: the session is over. */
let signedOut: () => void = () => undefined;

export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

/** The address of an API path with its query; what is undefined, null or an empty text is left out. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== undefined && text !== null && text !== "") search.set(key, String(text));
  }
  const tail = search.toString();
  return BASE + path + (tail === "" ? "" : "?" + tail);
}

/** Sends a request and gives the raw answer where it succeeded. Throws ApiError, or the AbortError of its signal. */
export async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (options.raw) headers["Content-Type"] = options.raw.type;
  else if (options.body !== undefined) headers["Content-Type"] ??= "application/json";
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  let answer: Response;
  const sentAt = Date.now();
  try {
    // eslint-disable-next-line no-restricted-globals -- this is the client
    answer = await fetch(address(path, options.query), {
      method,
      headers,
      body: options.raw?.text ?? (options.body === undefined ? null : JSON.stringify(options.body)),
      signal: options.signal ?? null,
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
    });
  } catch (error) {
    throw options.signal?.aborted ? error : noAnswer("The server did not answer.");
  }
  noteServerDate(answer.headers.get("Date"), sentAt);
  if (answer.ok || (answer.status === options.alsoAnswers && answer.headers.get("Content-Type")?.startsWith("application/json"))) return answer;
  const problem = await problemOf(answer);
  if (problem.status === 401 && path !== "/session") signedOut();
  throw problem;
}

function noAnswer(detail: string): ApiError {
  return new ApiError({ status: 0, title: "No answer", detail });
}

/** Reads the body of an answer: the connection may end in the middle of it. */
export async function bodyOf<T>(read: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw signal?.aborted ? error : noAnswer("The answer broke off in the middle.");
  }
}

/** Sends a request whose answer is JSON, or nothing. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const answer = await send(method, path, options);
  const text = await bodyOf(answer.text(), options.signal);
  let data: unknown;
  try {
    data = text === "" ? undefined : JSON.parse(text);
  } catch {
    throw new ApiError({ status: 0, title: "Not JSON", detail: `The answer to ${method} ${path} is not JSON: something between this page and the server has changed it.` });
  }
  return { data: data as T, etag: answer.headers.get("ETag") ?? "", status: answer.status };
}

type Reading = Omit<RequestOptions, "body" | "raw" | "ifMatch">;
type Writing = RequestOptions;

/** The short forms. They answer the data; where the ETag matters, use `request`. */
export const api = {
  get: async <T>(path: string, options?: Reading): Promise<T> => (await request<T>("GET", path, options)).data,
  text: async (path: string, options?: Reading): Promise<string> => {
    const answer = await send("GET", path, { ...options, headers: { Accept: "*/*", ...options?.headers } });
    return bodyOf(answer.text(), options?.signal);
  },
  post: async <T>(path: string, body?: unknown, options?: Writing): Promise<T> =>
    (await request<T>("POST", path, { ...options, body })).data,
  put: async <T>(path: string, body: unknown, options?: Writing): Promise<T> =>
    (await request<T>("PUT", path, { ...options, body })).data,
  patch: async <T>(path: string, body: unknown, options?: Writing): Promise<T> =>
    (await request<T>("PATCH", path, { ...options, body })).data,
  delete: async (path: string, options?: Writing): Promise<void> => {
    await request("DELETE", path, options);
  },
};

/** A piece of a path: names may hold slashes and anything else. */
export const segment = encodeURIComponent;
