package org.opensearch.index.query;

/** A stub: see the README of the stubs. */
public class QueryShardContext extends QueryRewriteContext {}
