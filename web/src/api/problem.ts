import type { Finding, Problem } from "./types";

/** What an API request ended with that did not succeed. Status 0: no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string;
  readonly findings: Finding[];

  constructor(problem: Partial<Problem> & { status: number }, requestId = "") {
    super(textOf(problem.detail) || textOf(problem.title) || `the server answered ${problem.status}`);
    this.name = "ApiError";
    this.status = problem.status;
    this.title = textOf(problem.title);
    this.detail = textOf(problem.detail);
    this.requestId = textOf(problem.instance) || requestId;
    this.findings = Array.isArray(problem.errors) ? problem.errors.filter(isFinding) : [];
  }
}

// A proxy in between may answer with JSON of its own, where the same names hold anything.

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isFinding(value: unknown): value is Finding {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string" && "path" in value && typeof value.path === "string";
}

/** The error as an ApiError, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError({ status: -1, title: "The page failed", detail: error instanceof Error ? error.message : String(error) });
}

/** Reads the error from an answer: problem+json, or whatever a proxy in between has said. */
export async function problemOf(answer: Response): Promise<ApiError> {
  const requestId = answer.headers.get("X-Request-Id") ?? "";
  if (/^application\/(problem\+)?json/.test(answer.headers.get("Content-Type") ?? "")) {
    try {
      const problem = (await answer.json()) as Partial<Problem>;
      return new ApiError({ ...problem, status: answer.status }, requestId);
    } catch {
      // Not what it says it is; the status says enough.
    }
  }
  return new ApiError({ status: answer.status, title: answer.statusText, detail: `The answer was ${answer.status} ${answer.statusText}, and not the server's own.` }, requestId);
}

/** What a person may do about it. */
export function advice(error: ApiError): string {
  switch (error.status) {
    case -1:
      return "Reload the page. If that does not help, report it with what is written here.";
    case 0:
      return "Check that the server runs and that this machine reaches it. The page tries again by itself.";
    case 401:
      return "Sign in again.";
    case 403:
      return "Sign in with a token that may do this, or ask someone who has one.";
    case 404:
      return "It may have been deleted meanwhile. Go back to the list.";
    case 409:
      return "Look at its present state, then decide again.";
    case 412:
      return "Somebody else has changed it meanwhile. Reload, then make your change again.";
    case 413:
      return "Send less at once, or raise the setting http.max_body_size.";
    case 400:
    case 422:
      return "Correct what is named, then try again.";
    case 429:
    case 503:
      return "Wait a moment, then try again. GET /api/v1/health says what is wrong.";
    default:
      return error.status >= 500 ? "Try again. The server's log says more under the request's id." : "Try again.";
  }
}
