package com.barker.solr;

import com.barker.engine.BarkerNode;
import com.barker.engine.RescoreRequest;
import com.barker.engine.ShardRescorer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.search.Query;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.search.QParser;
import org.apache.solr.search.QParserPlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * barker inside of Solr: {@code rq={!barker query=$q user=$user reRankDocs=50}}. Written against
 * the API of Solr 9.1, without having been compiled against it: see ENGINES.md.
 *
 * <p>Parameters of the parser: query (required), user, user_keywords (separated by vertical bars),
 * seed, timeout_ms, reRankDocs (50), and title_field, selling_points_field, bid_field, id_field,
 * merchant_field, category_field for other names of doc values. [barker] in fl writes the titles.
 */
public final class BarkerParserPlugin extends QParserPlugin {
  static final Logger LOG = LoggerFactory.getLogger(BarkerParserPlugin.class);

  /** Where the parser leaves its request for the transformer, in the context of the search. */
  static final String CONTEXT = "barker";

  private static final int WINDOW = 50;

  /** One node for all cores of the process: the JVM loads the bridge once. */
  private static BarkerNode node;
  private static BarkerNode.Places startedWith;

  /** Arguments in solrconfig.xml: bridge, library, weights, and where wanted config, follow_ms. */
  @Override
  public void init(NamedList<?> args) {
    final SolrParams given = args.toSolrParams();
    start(
        new BarkerNode.Places(
            Path.of(given.required().get("bridge")),
            Path.of(given.required().get("library")),
            given.get("config") == null ? null : Path.of(given.get("config")),
            Path.of(given.required().get("weights")),
            given.getLong("follow_ms", 1000)));
  }

  private static synchronized void start(BarkerNode.Places places) {
    if (node == null) {
      node = BarkerNode.start(places, LOG::warn);
      startedWith = places;
    } else if (!places.equals(startedWith)) {
      LOG.warn("barker: another core has started it with " + startedWith + ", not with " + places);
    }
  }

  static synchronized ShardRescorer shard(RescoreRequest request) {
    return new ShardRescorer(
        node == null ? null : node.barker().orElse(null),
        request,
        failure -> LOG.warn("barker: {}", failure.getMessage()));
  }

  @Override
  public QParser createParser(
      String text, SolrParams local, SolrParams params, SolrQueryRequest search) {
    return new QParser(text, local, params, search) {
      @Override
      public Query parse() {
        final RescoreRequest request = request(local);
        search.getContext().put(CONTEXT, request);
        return new BarkerReRankQuery(request, Math.max(1, local.getInt("reRankDocs", WINDOW)));
      }
    };
  }

  private static RescoreRequest request(SolrParams local) {
    final Map<String, Object> body = new LinkedHashMap<>();
    final Map<String, Object> fields = new LinkedHashMap<>();
    for (String name : List.of("query", "user")) {
      if (local.get(name) != null) body.put(name, local.get(name));
    }
    if (local.get("user_keywords") != null) {
      body.put("user_keywords", Arrays.asList(local.get("user_keywords").split("\\|")));
    }
    for (String name : List.of("seed", "timeout_ms")) {
      if (local.get(name) != null) body.put(name, local.getLong(name));
    }
    for (String name : List.of("id", "title", "merchant", "category", "selling_points", "bid")) {
      if (local.get(name + "_field") != null) fields.put(name, local.get(name + "_field"));
    }
    body.put("fields", fields);
    try {
      return RescoreRequest.of(body);
    } catch (IllegalArgumentException wrong) {
      throw new SolrException(
          SolrException.ErrorCode.BAD_REQUEST, "barker: " + wrong.getMessage());
    }
  }
}
