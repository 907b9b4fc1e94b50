//! The system's menu bar. Only macOS has one: there copy, paste and quit work by its entries. On Linux and
//! Windows its keys would be taken from the editor, and the workbench has a menu of its own.
use tauri::AppHandle;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};

/// What an entry of ours does; the system does the others by itself.
#[derive(Debug, PartialEq, Clone, Copy)]
pub enum Action {
    CloseWindow,
    Quit,
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Entry {
    Separator,
    About,
    Services,
    Hide,
    HideOthers,
    ShowAll,
    Undo,
    Redo,
    Cut,
    Copy,
    Paste,
    SelectAll,
    Minimize,
    Zoom,
    FullScreen,
    Ours(Action, &'static str, &'static str),
}

type Bar = &'static [(&'static str, &'static [Entry])];

/// Quitting and closing are ours: the system's own would not ask pages to keep what is unsaved, and its key
/// for closing is the editor's.
const MACOS: Bar = &[
    (
        "Joy of Hardware",
        &[
            Entry::About,
            Entry::Separator,
            Entry::Services,
            Entry::Separator,
            Entry::Hide,
            Entry::HideOthers,
            Entry::ShowAll,
            Entry::Separator,
            Entry::Ours(Action::Quit, "Quit Joy of Hardware", "Cmd+Q"),
        ],
    ),
    (
        "Edit",
        &[
            Entry::Undo,
            Entry::Redo,
            Entry::Separator,
            Entry::Cut,
            Entry::Copy,
            Entry::Paste,
            Entry::SelectAll,
        ],
    ),
    (
        "Window",
        &[
            Entry::Minimize,
            Entry::Zoom,
            Entry::FullScreen,
            Entry::Separator,
            Entry::Ours(Action::CloseWindow, "Close Window", "Cmd+Shift+W"),
        ],
    ),
];

fn bar(os: &str) -> Option<Bar> {
    (os == "macos").then_some(MACOS)
}

/// Puts up the menu bar of this system, if it has one.
pub fn put_up(app: &AppHandle) -> tauri::Result<()> {
    let Some(bar) = bar(std::env::consts::OS) else {
        return Ok(());
    };
    let menu = Menu::new(app)?;
    for (title, entries) in bar {
        let submenu = Submenu::new(app, title, true)?;
        for entry in *entries {
            append(app, &submenu, *entry)?;
        }
        menu.append(&submenu)?;
    }
    app.set_menu(menu).map(|_| ())
}

fn append(app: &AppHandle, to: &Submenu<tauri::Wry>, entry: Entry) -> tauri::Result<()> {
    let item = match entry {
        Entry::Ours(action, title, key) => {
            return to.append(&MenuItem::with_id(app, id(action), title, true, Some(key))?);
        }
        Entry::Separator => PredefinedMenuItem::separator(app),
        Entry::About => PredefinedMenuItem::about(app, None, None),
        Entry::Services => PredefinedMenuItem::services(app, None),
        Entry::Hide => PredefinedMenuItem::hide(app, None),
        Entry::HideOthers => PredefinedMenuItem::hide_others(app, None),
        Entry::ShowAll => PredefinedMenuItem::show_all(app, None),
        Entry::Undo => PredefinedMenuItem::undo(app, None),
        Entry::Redo => PredefinedMenuItem::redo(app, None),
        Entry::Cut => PredefinedMenuItem::cut(app, None),
        Entry::Copy => PredefinedMenuItem::copy(app, None),
        Entry::Paste => PredefinedMenuItem::paste(app, None),
        Entry::SelectAll => PredefinedMenuItem::select_all(app, None),
        Entry::Minimize => PredefinedMenuItem::minimize(app, None),
        Entry::Zoom => PredefinedMenuItem::maximize(app, None),
        Entry::FullScreen => PredefinedMenuItem::fullscreen(app, None),
    };
    to.append(&item?)
}

/// What was chosen, when it is ours.
pub fn chosen(event: &MenuEvent) -> Option<Action> {
    action(event.id().as_ref())
}

fn action(name: &str) -> Option<Action> {
    [Action::CloseWindow, Action::Quit]
        .into_iter()
        .find(|action| id(*action) == name)
}

fn id(action: Action) -> &'static str {
    match action {
        Action::CloseWindow => "close-window",
        Action::Quit => "quit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_there_where_the_system_needs_it() {
        assert_eq!(bar("linux"), None);
        assert_eq!(bar("windows"), None);
        assert_eq!(bar("macos"), Some(MACOS));
    }

    #[test]
    fn copies_pastes_and_ends_in_good_order() {
        let entries: Vec<Entry> = MACOS
            .iter()
            .flat_map(|(_, entries)| *entries)
            .copied()
            .collect();
        for needed in [Entry::Cut, Entry::Copy, Entry::Paste, Entry::SelectAll] {
            assert!(entries.contains(&needed), "{needed:?}");
        }
        let mut keys = Vec::new();
        for entry in entries {
            if let Entry::Ours(action, _, key) = entry {
                assert_eq!(self::action(id(action)), Some(action));
                keys.push(key);
            }
        }
        // Cmd+W closes an editor.
        assert_eq!(keys, ["Cmd+Q", "Cmd+Shift+W"]);
        assert_eq!(action("run"), None);
    }
}
