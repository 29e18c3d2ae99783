package org.opensearch.search.rescore;

import java.io.IOException;
import java.util.Objects;
import org.opensearch.core.common.io.stream.NamedWriteable;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.index.query.Rewriteable;

/** A stub: see the README of the stubs. */
public abstract class RescorerBuilder<RB extends RescorerBuilder<RB>>
    implements NamedWriteable, ToXContentObject, Rewriteable<RescorerBuilder<RB>> {
  public static final int DEFAULT_WINDOW_SIZE = 10;

  protected Integer windowSize;

  public RescorerBuilder() {}

  protected RescorerBuilder(StreamInput in) throws IOException {
    windowSize = in.readOptionalVInt();
  }

  @Override
  public final void writeTo(StreamOutput out) throws IOException {
    out.writeOptionalVInt(windowSize);
    doWriteTo(out);
  }

  protected abstract void doWriteTo(StreamOutput out) throws IOException;

  @SuppressWarnings("unchecked")
  public RB windowSize(int size) {
    windowSize = size;
    return (RB) this;
  }

  @Override
  public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
    builder.startObject();
    if (windowSize != null) builder.field("window_size", windowSize);
    doXContent(builder, params);
    return builder.endObject();
  }

  protected abstract void doXContent(XContentBuilder builder, Params params) throws IOException;

  public final RescoreContext buildContext(QueryShardContext context) throws IOException {
    return innerBuildContext(windowSize == null ? DEFAULT_WINDOW_SIZE : windowSize, context);
  }

  protected abstract RescoreContext innerBuildContext(int windowSize, QueryShardContext context)
      throws IOException;

  @Override
  public int hashCode() {
    return Objects.hash(windowSize);
  }

  @Override
  public boolean equals(Object other) {
    return other != null
        && getClass() == other.getClass()
        && Objects.equals(windowSize, ((RescorerBuilder<?>) other).windowSize);
  }
}
