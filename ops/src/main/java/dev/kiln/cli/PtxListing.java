package dev.kiln.cli;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxFile;
import dev.kiln.runtime.sim.ptx.Variable;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** {@code kiln sim --list}: what a PTX file holds. */
final class PtxListing {
  private final PtxModule module;

  PtxListing(PtxModule module) {
    this.module = module;
  }

  void print(PrintWriter out, boolean json) {
    if (json) {
      out.println(JsonOutput.of(document()));
      return;
    }
    PtxFile file = module.file();
    out.println(
        "%s: PTX %s for %s"
            .formatted(file.name(), file.version(), String.join(", ", file.targets())));
    for (String entry : module.entries()) {
      printEntry(out, entry);
    }
    if (!module.variables().isEmpty()) {
      out.println("variables");
      for (Variable variable : module.variables()) {
        out.println("  " + describe(variable));
      }
    }
    List<PtxDiagnostic> unsupported = module.unsupported();
    if (!unsupported.isEmpty()) {
      PtxExcerpt excerpt = new PtxExcerpt(file.lines());
      out.println("not supported");
      unsupported.forEach(
          diagnostic ->
              out.println(
                  "  line %s: %s%s"
                      .formatted(
                          diagnostic.at(),
                          diagnostic.message(),
                          excerpt.quote(diagnostic.at()).replace("\n", "\n  "))));
    }
  }

  private void printEntry(PrintWriter out, String entry) {
    boolean runs = module.unsupported(entry).isEmpty();
    out.println("entry " + entry + (runs ? "" : "  (cannot be run, see below)"));
    List<Parameter> parameters = module.parameters(entry);
    for (int i = 0; i < parameters.size(); i++) {
      out.println("  %d  %s".formatted(i, SimArguments.describe(parameters.get(i))));
    }
    directives(entry)
        .forEach(
            (word, numbers) ->
                out.println("  ." + word + " " + numbers.toString().replaceAll("[\\[\\]]", "")));
  }

  private static String describe(Variable variable) {
    return ".%s %s, %,d bytes"
        .formatted(
            variable.space().name().toLowerCase(Locale.ROOT), variable.name(), variable.size());
  }

  private Map<String, List<Integer>> directives(String entry) {
    return module.file().functions().stream()
        .filter(function -> function.entry() && function.name().equals(entry))
        .findFirst()
        .map(Function::directives)
        .<Map<String, List<Integer>>>map(TreeMap::new)
        .orElse(Map.of());
  }

  private Map<String, Object> document() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("file", module.file().name());
    json.put("version", module.file().version());
    json.put("targets", module.file().targets());
    json.put("entries", module.entries().stream().map(this::document).toList());
    json.put(
        "variables",
        module.variables().stream()
            .map(
                v ->
                    Map.of(
                        "name",
                        v.name(),
                        "space",
                        v.space().name().toLowerCase(Locale.ROOT),
                        "bytes",
                        v.size()))
            .toList());
    json.put("unsupported", messages(module.unsupported()));
    return json;
  }

  private Map<String, Object> document(String entry) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", entry);
    json.put(
        "parameters",
        module.parameters(entry).stream()
            .map(
                p ->
                    Map.of(
                        "name",
                        p.name(),
                        "type",
                        p.type().word(),
                        "bytes",
                        p.size(),
                        "alignment",
                        p.alignment()))
            .toList());
    json.put("directives", directives(entry));
    json.put("unsupported", messages(module.unsupported(entry)));
    return json;
  }

  /** As JSON. */
  static List<Map<String, Object>> messages(List<PtxDiagnostic> diagnostics) {
    return diagnostics.stream()
        .map(
            d ->
                Map.<String, Object>of(
                    "line", d.at().line(), "column", d.at().column(), "message", d.message()))
        .toList();
  }
}
