/** The shape of an RPC contract: a table of methods, each with the schemas of both directions. */
import type { z } from 'zod';

/** A request that is answered. */
export interface Method<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  params: P;
  result: R;
}
/** A notification: sent, never answered. */
export interface Notice<P extends z.ZodType = z.ZodType> {
  params: P;
}

export type MethodTable = Readonly<Record<string, Method>>;
export type NoticeTable = Readonly<Record<string, Notice>>;
/** What one side of a connection offers (`methods`) and says unasked (`notices`). */
export interface Contract {
  methods: MethodTable;
  notices: NoticeTable;
}

export type ParamsOf<M extends { params: z.ZodType }> = z.infer<M['params']>;
export type ResultOf<M extends { result: z.ZodType }> = z.infer<M['result']>;
