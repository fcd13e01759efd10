// verdict: core
// In Java: a FileChannel maps any offset; the JVM rounds it down to a page.
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

class Main {
    public static void main(String[] words) {
        if (words.length != 4) {
            System.err.println("usage: exercise-1 poke FILE OFFSET TEXT | peek FILE OFFSET LEN");
            System.exit(2);
        }
        try {
            Path name = Path.of(words[1]);
            long offset = Long.parseLong(words[2]);
            if (words[0].equals("poke")) poke(name, offset, words[3].getBytes());
            else peek(name, offset, Integer.parseInt(words[3]));
        } catch (IOException error) {
            System.err.println("error: " + words[1] + ": " + error);
            System.exit(1);
        }
    }

    static void poke(Path name, long offset, byte[] text) throws IOException {
        try (FileChannel file = FileChannel.open(name, READ, WRITE, CREATE)) {
            // A mapping past the end makes the file grow to the mapping's end.
            file.map(MapMode.READ_WRITE, offset, text.length).put(text);
        }
    }

    static void peek(Path name, long offset, int length) throws IOException {
        try (FileChannel file = FileChannel.open(name, READ)) {
            if (offset + length > file.size()) throw new IOException("past the end of the file");
            ByteBuffer memory = file.map(MapMode.READ_ONLY, offset, length);
            byte[] bytes = new byte[length];
            memory.get(bytes);
            System.out.write(bytes);
            System.out.flush();
        }
    }
}
