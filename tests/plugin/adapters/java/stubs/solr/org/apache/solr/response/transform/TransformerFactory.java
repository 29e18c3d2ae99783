package org.apache.solr.response.transform;

import org.apache.solr.common.params.SolrParams;
import org.apache.solr.request.SolrQueryRequest;

/** A stub: see the README of the stubs. */
public abstract class TransformerFactory {
  public abstract DocTransformer create(
      String field, SolrParams params, SolrQueryRequest req);
}
