package dev.kiln.cli;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cache.CompileCache;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln cache}: shows or removes what has been compiled and tuned. */
@Command(
    name = "cache",
    description = {
      "Shows what has been compiled and tuned, or removes it.",
      "The cache lies in KILN_CACHE_DIR or where the system wants caches, grows to KILN_CACHE_SIZE"
          + " (512M by default), and is turned off by KILN_CACHE=off."
    },
    mixinStandardHelpOptions = true)
final class CacheCommand implements Callable<Integer> {
  /** What to do. */
  enum Action {
    LIST,
    CLEAR,
    PATH
  }

  /** Width of a column. */
  private static final int LEAST_TARGET = 8;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

  @Parameters(
      arity = "0..1",
      paramLabel = "list|clear|path",
      description = "list (the default): all entries; clear: remove them; path: the folder.")
  private Action action = Action.LIST;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CompileCache cache = CompileCache.shared();
    String path =
        cache
            .path()
            .orElseThrow(
                () -> new KilnException("the compile cache is off: " + cache.settings().remark()))
            .getPath();
    switch (action) {
      case LIST -> list(cache, path);
      case CLEAR -> clear(cache, path);
      case PATH -> print(Map.of("path", path), path);
    }
    return 0;
  }

  private void print(Object document, String text) {
    spec.commandLine().getOut().println(json ? JsonOutput.of(document) : text);
  }

  private void clear(CompileCache cache, String path) {
    int removed = cache.clear();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("path", path);
    document.put("removed", removed);
    print(
        document,
        "removed %d %s from %s".formatted(removed, removed == 1 ? "entry" : "entries", path));
  }

  private void list(CompileCache cache, String path) {
    List<CompileCache.Listed> entries = cache.list();
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("path", path);
      document.put("limit", cache.settings().bytes());
      document.put("entries", entries.stream().map(CacheCommand::toJson).toList());
      print(document, "");
      return;
    }
    PrintWriter out = spec.commandLine().getOut();
    long bytes = entries.stream().mapToLong(CompileCache.Listed::bytes).sum();
    out.println(
        "%s: %d %s, %s of %s"
            .formatted(
                path,
                entries.size(),
                entries.size() == 1 ? "entry" : "entries",
                size(bytes),
                size(cache.settings().bytes())));
    if (!entries.isEmpty()) {
      int width = entries.stream().mapToInt(entry -> entry.target().length()).max().orElse(0);
      String row = "%-7s %9s  %-16s  %-" + Math.max(LEAST_TARGET, width) + "s %s";
      out.println(row.formatted("kind", "size", "last use", "target", "of"));
      for (CompileCache.Listed entry : entries) {
        out.println(
            row.formatted(
                entry.kind(),
                size(entry.bytes()),
                time(entry.lastUseMillis()),
                entry.target(),
                entry.label()));
      }
    }
  }

  private static Map<String, Object> toJson(CompileCache.Listed entry) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", entry.kind());
    json.put("of", entry.label());
    json.put("target", entry.target());
    json.put("bytes", entry.bytes());
    json.put("lastUse", Instant.ofEpochMilli(entry.lastUseMillis()).toString());
    json.put("file", entry.file());
    return json;
  }

  private static String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
  }

  private static String size(long bytes) {
    return bytes < 1 << 20
        ? "%.1f KiB".formatted(bytes / 1024.0)
        : "%.1f MiB".formatted(bytes / 1024.0 / 1024);
  }
}
