/** Bytes of a namespace: what it has, and what is on its way to it. */
import { fault } from '@joh/protocol';
import type { Parts } from './parts.ts';

export interface Quotas {
  /**
   * Admits one upload. `grow` says how far it is; `end` must be called.
   * @throws {Fault} `E_CACHE_QUOTA`, `E_REQUEST_TOO_MANY`.
   */
  admit(namespace: string, bytes: number): Promise<Admission>;
  /** @throws {Fault} `E_CACHE_QUOTA`. For what is small and in memory already. */
  check(namespace: string, bytes: number): void;
  /** Runs `work` with so much memory for a body. @throws {Fault} `E_REQUEST_TOO_MANY` there is not so much */
  withMemory<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

interface Admission {
  /** @throws {Fault} `E_CACHE_QUOTA`. */
  grow(bytes: number): void;
  end(): void;
}

interface Arriving {
  uploads: number;
  bytes: number;
}

/** A client that is told "too many" tries again after this. */
const busySeconds = 5;

export function createQuotas(parts: Parts): Quotas {
  const { catalogue, limits } = parts;
  const arriving = new Map<string, Arriving>();
  let uploads = 0;
  let bodiesBytes = 0;
  const quotaOf = (namespace: string) => catalogue.quota(namespace) ?? limits.quotaBytes;
  const over = (namespace: string, more: number) =>
    catalogue.bytes(namespace) + (arriving.get(namespace)?.bytes ?? 0) + more - quotaOf(namespace);
  const refuse = (namespace: string) =>
    fault('E_CACHE_QUOTA', { namespace, limitBytes: quotaOf(namespace) });
  return {
    check(namespace, bytes) {
      if (over(namespace, bytes) > 0) throw refuse(namespace);
    },
    async withMemory(bytes, work) {
      if (bodiesBytes + bytes > limits.bodiesBytesMax)
        throw fault('E_REQUEST_TOO_MANY', { seconds: busySeconds });
      bodiesBytes += bytes;
      try {
        return await work();
      } finally {
        bodiesBytes -= bytes;
      }
    },
    async admit(namespace, bytes) {
      const own = arriving.get(namespace) ?? { uploads: 0, bytes: 0 };
      if (own.uploads >= limits.uploadsPerNamespaceMax || uploads >= limits.uploadsMax)
        throw fault('E_REQUEST_TOO_MANY', { seconds: busySeconds });
      arriving.set(namespace, own);
      own.uploads += 1;
      uploads += 1;
      let counted = 0;
      const end = () => {
        own.uploads -= 1;
        own.bytes -= counted;
        uploads -= 1;
        counted = 0;
        if (own.uploads === 0) arriving.delete(namespace);
      };
      const grow = (size: number) => {
        const more = Math.max(0, size - counted);
        if (more > 0 && over(namespace, more) > 0) throw refuse(namespace);
        own.bytes += more;
        counted += more;
      };
      try {
        const missing = over(namespace, bytes);
        if (missing > 0 && bytes <= quotaOf(namespace)) await parts.makeRoom(namespace, missing);
        grow(bytes);
      } catch (error) {
        end();
        throw error;
      }
      return { grow, end };
    },
  };
}
