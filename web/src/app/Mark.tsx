import type { ReactNode } from "react";

/** The product's mark, as in public/icon.svg. */
export function Mark({ size = 24 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" fill="#2f4bc7" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
        <path d="M9 9.5h14M9 16h14M9 22.5h14" opacity=".45" />
        <path d="M9 9.5h9M9 16h5M9 22.5h12" />
      </g>
    </svg>
  );
}
