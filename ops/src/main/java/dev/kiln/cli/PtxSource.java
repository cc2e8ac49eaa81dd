package dev.kiln.cli;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.PtxModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code FILE.ptx[:ENTRY]} of the command line. */
record PtxSource(Path file, Optional<String> entry) {
  private static final Pattern WITH_ENTRY = Pattern.compile("(.+):([A-Za-z_$%][\\w$]*)");

  /** First bytes of an ELF file: a cubin, or an object file. */
  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

  /** First bytes of a container of cubins and PTX ("fat binary"). */
  private static final byte[] FATBIN = {0x50, (byte) 0xed, 0x55, (byte) 0xba};

  static PtxSource parse(String text) {
    Matcher matcher = WITH_ENTRY.matcher(text);
    if (matcher.matches() && !Files.exists(Path.of(text))) {
      return new PtxSource(Path.of(matcher.group(1)), Optional.of(matcher.group(2)));
    }
    return new PtxSource(Path.of(text), Optional.empty());
  }

  /** The file's name, for messages. */
  String name() {
    return file.getFileName().toString();
  }

  /**
   * Reads the file.
   *
   * @throws KilnException if it cannot be read, or is something else than PTX
   */
  String read() {
    byte[] bytes = bytes();
    rejectOthers(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private byte[] bytes() {
    if (Files.isDirectory(file)) {
      throw new KilnException(file + " is a folder, not a PTX file");
    }
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new KilnException("no such file: " + file);
    } catch (IOException e) {
      throw new KilnException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private void rejectOthers(byte[] bytes) {
    String name = file.toString();
    if (name.endsWith(".cu") || name.endsWith(".cuh")) {
      throw new KilnException(
          "%s is CUDA C++, the simulator runs PTX; make it with: nvcc -ptx -arch=sm_80 -o %s %s"
              .formatted(file, name.substring(0, name.lastIndexOf('.')) + ".ptx", file));
    }
    if (name.endsWith(".py")) {
      throw new KilnException(
          "%s is a kernel file, the simulator runs PTX; use 'kiln run', or Triton's".formatted(file)
              + " compiled.asm[\"ptx\"] written to a file");
    }
    if (startsWith(bytes, ELF) || startsWith(bytes, FATBIN)) {
      throw new KilnException(
          "%s holds machine code, the simulator runs PTX; compile with nvcc -ptx".formatted(file)
              + ", or try: cuobjdump -ptx "
              + file);
    }
    for (byte letter : bytes) {
      if (letter == 0) {
        throw new KilnException(file + " is no text, the simulator runs PTX");
      }
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] magic) {
    for (int i = 0; i < magic.length; i++) {
      if (bytes.length <= i || bytes[i] != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * The name of the entry to run. A C++ function may be called by its plain name: {@code add} for
   * {@code _Z3addPf}.
   *
   * @throws KilnException if there is none, or it is not clear which
   */
  String entryOf(PtxModule module) {
    List<String> entries = module.entries();
    if (entries.isEmpty()) {
      throw new KilnException(file + " has no .entry");
    }
    if (entry.isEmpty()) {
      if (entries.size() > 1) {
        throw new KilnException(
            "%s has several entries; name one, as in %s:%s%s"
                .formatted(file, file, entries.getFirst(), list(entries)));
      }
      return entries.getFirst();
    }
    String name = entry.get();
    if (entries.contains(name)) {
      return name;
    }
    String mangled = "_Z" + name.length() + name;
    List<String> same = entries.stream().filter(e -> e.startsWith(mangled)).toList();
    if (same.size() == 1) {
      return same.getFirst();
    }
    throw new KilnException(
        (same.isEmpty() ? "there is no entry '%s' in %s; there are%s" : "'%s' in %s may be%s")
            .formatted(name, file, list(same.isEmpty() ? entries : same)));
  }

  private static String list(List<String> entries) {
    return "\n  " + String.join("\n  ", entries);
  }
}
