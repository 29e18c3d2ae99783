package org.elasticsearch.index.query;

/** A stub: see the README of the stubs. */
public class SearchExecutionContext extends QueryRewriteContext {}
