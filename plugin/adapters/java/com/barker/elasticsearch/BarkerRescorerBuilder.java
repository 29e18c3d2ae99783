package com.barker.elasticsearch;

import com.barker.engine.BarkerNode;
import com.barker.engine.RescoreRequest;
import com.barker.engine.ShardRescorer;
import java.io.IOException;
import java.util.Objects;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TopDocs;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.TransportVersions;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.index.query.QueryRewriteContext;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.rescore.RescoreContext;
import org.elasticsearch.search.rescore.Rescorer;
import org.elasticsearch.search.rescore.RescorerBuilder;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;

/**
 * The object "barker" in "rescore" of a search: {@link RescoreRequest} says what stands in it. It
 * goes from the node that is asked to those of the shards, where it makes the context of the query
 * phase and of the fetch phase.
 */
public final class BarkerRescorerBuilder extends RescorerBuilder<BarkerRescorerBuilder> {
  /** In requests and between nodes. */
  public static final String NAME = "barker";

  private final BarkerNode node;
  private final RescoreRequest request;

  BarkerRescorerBuilder(RescoreRequest request, BarkerNode node) {
    this.request = request;
    this.node = node;
  }

  /** What another node wrote. */
  BarkerRescorerBuilder(StreamInput in, BarkerNode node) throws IOException {
    super(in);
    this.request = RescoreRequest.of(in.readGenericMap());
    this.node = node;
  }

  /** The parser stands at the object. An IllegalArgumentException names what is wrong in it. */
  static BarkerRescorerBuilder fromXContent(XContentParser parser, BarkerNode node)
      throws IOException {
    return new BarkerRescorerBuilder(RescoreRequest.of(parser.map()), node);
  }

  @Override
  protected void doWriteTo(StreamOutput out) throws IOException {
    out.writeGenericMap(request.toMap());
  }

  @Override
  protected void doXContent(XContentBuilder builder, Params params) throws IOException {
    builder.field(NAME, request.toMap());
  }

  @Override
  public String getWriteableName() {
    return NAME;
  }

  @Override
  public TransportVersion getMinimalSupportedVersion() {
    return TransportVersions.ZERO;
  }

  @Override
  public RescorerBuilder<BarkerRescorerBuilder> rewrite(QueryRewriteContext context) {
    return this;
  }

  @Override
  protected RescoreContext innerBuildContext(int windowSize, SearchExecutionContext context) {
    return new Context(windowSize, request, node);
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other) && request.equals(((BarkerRescorerBuilder) other).request);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), request);
  }

  /** One search on one shard, in one of its phases. */
  static final class Context extends RescoreContext {
    final ShardRescorer shard;

    Context(int windowSize, RescoreRequest request, BarkerNode node) {
      super(windowSize, SHARED);
      shard =
          new ShardRescorer(
              node.barker().orElse(null),
              request,
              failure -> BarkerPlugin.LOG.warn("barker: {}", failure.getMessage()));
    }
  }

  private static final Rescorer SHARED =
      new Rescorer() {
        @Override
        public TopDocs rescore(TopDocs hits, IndexSearcher searcher, RescoreContext context)
            throws IOException {
          return ((Context) context).shard.rescore(searcher, hits, context.getWindowSize());
        }

        @Override
        public Explanation explain(
            int document, IndexSearcher searcher, RescoreContext context, Explanation firstPass)
            throws IOException {
          return ((Context) context).shard.explain(searcher, firstPass, document);
        }
      };
}
