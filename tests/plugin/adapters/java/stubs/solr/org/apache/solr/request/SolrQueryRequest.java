package org.apache.solr.request;

import java.util.Map;

/** A stub: see the README of the stubs. */
public interface SolrQueryRequest {
  Map<Object, Object> getContext();
}
