package org.opensearch.plugins;

import java.io.IOException;
import java.util.List;
import org.opensearch.common.CheckedFunction;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.search.fetch.FetchSubPhase;
import org.opensearch.search.rescore.RescorerBuilder;

/** A stub: see the README of the stubs. */
public interface SearchPlugin {
  default List<RescorerSpec<?>> getRescorers() {
    return List.of();
  }

  default List<FetchSubPhase> getFetchSubPhases(FetchPhaseConstructionContext context) {
    return List.of();
  }

  class FetchPhaseConstructionContext {}

  class RescorerSpec<T extends RescorerBuilder<T>> {
    private final String name;
    private final Writeable.Reader<? extends T> reader;
    private final CheckedFunction<XContentParser, T, IOException> parser;

    public RescorerSpec(
        String name,
        Writeable.Reader<? extends T> reader,
        CheckedFunction<XContentParser, T, IOException> parser) {
      this.name = name;
      this.reader = reader;
      this.parser = parser;
    }

    public String getName() {
      return name;
    }

    public Writeable.Reader<? extends T> getReader() {
      return reader;
    }

    public CheckedFunction<XContentParser, T, IOException> getParser() {
      return parser;
    }
  }
}
