package dev.kiln.runtime;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.python.FileImports;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.python.ResourceImports;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The text of a kernel file, and where its imports are looked for. */
sealed interface ModuleSource {
  /** The name under which messages speak of the file. */
  String name();

  /** Tells files of the same text apart whose imports or messages differ. */
  String place();

  byte[] bytes();

  /**
   * Reads the file's syntax.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if a kernel in it is not well formed
   */
  Syntax parse();

  /** Whether a file that an import looked for is as it was; empty for one that was not there. */
  boolean isUnchanged(String place, Optional<String> text);

  /**
   * The syntax of a file.
   *
   * @param imports which remember what they looked for
   */
  record Syntax(KernelFile file, ImportResolver imports) {
    /** The text of other files that were looked for so far, by place. */
    Map<String, Optional<String>> filesSeen() {
      Map<String, Optional<String>> seen =
          switch (imports) {
            case ResourceImports resources -> resources.filesSeen();
            case FileImports files -> files.filesSeen();
            default -> new TreeMap<>();
          };
      seen.values().removeIf(text -> text.isPresent() && text.get() == file.source().text());
      return seen;
    }
  }

  /** A text without imports. */
  record Text(String name, String text) implements ModuleSource {
    @Override
    public String place() {
      return "text " + name;
    }

    @Override
    public byte[] bytes() {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Syntax parse() {
      return new Syntax(KernelFiles.load(new Source(name, text)), ImportResolver.NONE);
    }

    @Override
    public boolean isUnchanged(String place, Optional<String> text) {
      return false;
    }
  }

  /** A file. */
  record OnDisk(Path path, byte[] bytes) implements ModuleSource {
    /**
     * @throws IOException if it cannot be read, a {@link CharacterCodingException} if it is no text
     */
    static OnDisk read(Path path) throws IOException {
      return new OnDisk(path, Files.readAllBytes(path));
    }

    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public String place() {
      return "file " + path.toAbsolutePath().normalize() + " as " + path;
    }

    @Override
    public Syntax parse() {
      var imports = new FileImports();
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return new Syntax(imports.load(path, text), imports);
      } catch (CharacterCodingException e) {
        throw new KilnException(path + " is not text in UTF-8");
      }
    }

    @Override
    public boolean isUnchanged(String place, Optional<String> text) {
      var file = new File(place);
      if (text.isEmpty()) {
        return !file.isFile();
      }
      try {
        return Arrays.equals(
            Files.readAllBytes(file.toPath()), text.get().getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        return false;
      }
    }
  }

  /** A resource of the class path. */
  record Resource(ClassLoader loader, String name, byte[] bytes) implements ModuleSource {
    /**
     * @throws KilnException if there is none of that name
     */
    static Resource read(ClassLoader loader, String name) {
      return new Resource(
          loader,
          name,
          bytes(loader, name).orElseThrow(() -> new KilnException("no such resource: " + name)));
    }

    @Override
    public String place() {
      return "resource ".concat(name);
    }

    @Override
    public Syntax parse() {
      var imports = new ResourceImports(loader);
      return new Syntax(imports.load(name, new String(bytes, StandardCharsets.UTF_8)), imports);
    }

    @Override
    public boolean isUnchanged(String place, Optional<String> text) {
      if (text.isEmpty()) {
        return loader.getResource(place) == null;
      }
      Optional<byte[]> now = bytes(loader, place);
      return now.isPresent()
          && Arrays.equals(now.get(), text.get().getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<byte[]> bytes(ClassLoader loader, String name) {
      try (InputStream in = loader.getResourceAsStream(name)) {
        return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
      } catch (IOException e) {
        throw new KilnException("cannot read resource " + name + ": " + e.getMessage(), e);
      }
    }
  }
}
