// The page stands behind the `#`, so that the server has one page only: #/keys?state=cooling
import { useEffect, useState } from "preact/hooks";

export interface Route {
  path: string[]; // decoded
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: new URLSearchParams(query),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parse(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

export const keyHref = (endpoint: string, name: string) =>
  `#/keys/${encodeURIComponent(endpoint)}/${encodeURIComponent(name)}`;

export function keysHref(filter: Record<string, string>): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
  return query.size > 0 ? `#/keys?${query}` : "#/keys";
}
