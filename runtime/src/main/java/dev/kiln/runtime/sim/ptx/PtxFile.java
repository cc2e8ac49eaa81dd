package dev.kiln.runtime.sim.ptx;

import java.util.List;
import java.util.Map;

/**
 * A PTX module as written.
 *
 * @param name of the file, for messages
 * @param version {@code .version}, e.g. "9.0"
 * @param targets the words of {@code .target}
 * @param variables of module scope, in order
 * @param functions entries and device functions, declarations included, in order
 * @param aliases {@code .alias} names to the functions that they stand for
 * @param sourceFiles {@code .file} numbers to names
 * @param lines the text, line by line, for messages and listings
 */
public record PtxFile(
    String name,
    String version,
    List<String> targets,
    int addressSize,
    List<Variable> variables,
    List<Function> functions,
    Map<String, String> aliases,
    Map<Integer, String> sourceFiles,
    List<String> lines) {
  public PtxFile {
    targets = List.copyOf(targets);
    variables = List.copyOf(variables);
    functions = List.copyOf(functions);
    aliases = Map.copyOf(aliases);
    sourceFiles = Map.copyOf(sourceFiles);
    lines = List.copyOf(lines);
  }
}
