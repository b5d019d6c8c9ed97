/** A frame that shows a hosted playground with a program in it. Each property is the attribute of the same name. */
export class AmphiPlayground extends HTMLElement {
  /** The address of a folder that `cargo xtask dist` made. Without it nothing is shown but a message. */
  src: string;
  /** A link to a program, or only its fragment: `#p=…`. */
  link: string;
  /** The name of an example of the playground, for instance `hello`. */
  example: string;
  /** A number of pixels, or any length of CSS; 30rem where it is left out. */
  height: string;
  /** When the playground is loaded: `lazy`, when it is nearly in sight, or `eager`. */
  loading: string;
}

/** Where the frame leads, or in words why nowhere. */
export function addressOf(
  wanted: { src: string | null; link: string | null; example: string | null },
  base: string,
): { address: string } | { problem: string };

declare global {
  interface HTMLElementTagNameMap {
    "amphi-playground": AmphiPlayground;
  }
}
