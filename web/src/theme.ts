import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
const kStored = "keypool.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  try {
    const stored = localStorage.getItem(kStored);
    return stored === "light" || stored === "dark" ? stored : null;
  } catch {
    return null; // storage is off; the system's choice holds
  }
}

const current = (): Theme => chosen() ?? (dark.matches ? "dark" : "light");

// Before anything is drawn with it: charts read their colours from the style in force.
function show(theme: Theme) {
  document.documentElement.dataset.theme = theme;
}

/** The theme in force, and how to change it. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(current);
  useEffect(() => {
    const follow = () => {
      show(current());
      setTheme(current());
    };
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, []);
  return [
    theme,
    (next) => {
      try {
        localStorage.setItem(kStored, next);
      } catch {
        // It holds until the page is left.
      }
      show(next);
      setTheme(next);
    },
  ];
}

show(current());
